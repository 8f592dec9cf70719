/** The door of the package: what is not named here may change tomorrow. */
export { createAuthority, importAuthority } from "./authority.ts";
export type { Authority, AuthorityOptions, IssueOptions, Issued } from "./authority.ts";
