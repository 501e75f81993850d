/** What the service says about itself: its keys and prices, its models, and what requests may ask for. */

import { read } from "./client.js";

/** Reads from the OpenAPI document what the operator allows; what is not allowed is marked there as deprecated. */
function offer(document) {
  const edit = document.paths["/v1/images/edits"].post.requestBody.content["application/json"].schema.properties;
  const { lora_strength: strength, n, output_format: format } = edit;
  return {
    images: n.maximum,
    formats: format.enum.filter(Boolean),
    hasMasks: !edit.mask.deprecated,
    hasNegativePrompts: !edit.negative_prompt.deprecated,
    strengths: [strength.minimum, strength.maximum],
    styles: edit.loras.maxItems,
    editMode: edit.edit_mode.default,
  };
}

/** Asks the service for all of it. A name that stands for another model is not among the models. */
export async function learnService() {
  const paths = ["/assets/service.json", "/v1/models", "/openapi.json"];
  const [service, models, document] = await Promise.all(paths.map((path) => read(path)));
  return { ...service, models: models.data.filter((model) => !model.root), ...offer(document) };
}
