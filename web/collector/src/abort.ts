/** The one error of a caller's abort, whatever reason the signal carries. */
export function abortError(): DOMException {
  return new DOMException("verify was aborted", "AbortError");
}
