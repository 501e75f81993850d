/** What the service says about itself: whether it asks for keys, its price, and its models. */

import { read } from "./client.js";

/** A model with what its object leaves out where the operator widened nothing. */
const complete = (model) => ({
  output_formats: ["png"],
  ...model,
  limits: { max_n: 1, max_loras: 8, lora_strengths: [0, 1.5], ...model.limits },
  defaults: { edit_mode: "strength", ...model.defaults },
});

/** Asks the service. A name that stands for another model is not among the models. */
export async function learnService() {
  const [service, models] = await Promise.all(["/assets/service.json", "/v1/models"].map((path) => read(path)));
  return { ...service, models: models.data.filter((model) => !model.root).map(complete) };
}
