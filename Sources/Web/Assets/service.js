/** What the service says about itself: whether it asks for keys, its price, and its models. */

import { read } from "./client.js";

/** Asks the service. A name that stands for another model is not among the models. */
export async function learnService() {
  const [service, models] = await Promise.all(["/assets/service.json", "/v1/models"].map((path) => read(path)));
  return { ...service, models: models.data.filter((model) => !model.root) };
}
