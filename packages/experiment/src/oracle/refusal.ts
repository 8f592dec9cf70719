/**
 * Why theory is silent: a sentence that names the setting.
 *
 * Thrown and caught within this folder, since a model finds out deep inside; everybody outside
 * sees a reason and no exception.
 */

/** There is no closed form here. The message is the reason, for a person. */
export class NoForm extends Error {
  constructor(reason: string) {
    super(reason);
    this.name = "NoForm";
  }
}

/** What `make` gives, or why it gives nothing. */
export function attempt<Form>(make: () => Form): Form | string {
  try {
    return make();
  } catch (error) {
    if (error instanceof NoForm) return error.message;
    throw error;
  }
}
