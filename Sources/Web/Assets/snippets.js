/** The same request as a program would make it; the key comes from the environment, never from here. */

import { ending, text } from "./request.js";

const shell = (text) => `'${text.replaceAll("'", `'\\''`)}'`;
const json = (value) => JSON.stringify(value);
const file = (name) => `@"${name.replace(/["\\]/g, "\\$&")}"`;

/** The parameters that OpenAI's package knows by name. */
const known = ["model", "prompt", "size", "n", "output_format", "output_compression"];

function members(parameters) {
  const lines = Object.entries(parameters).map(([name, value]) => `  ${json(name)}: ${json(value)}`);
  return `{\n${lines.join(",\n")}\n}`;
}

function curl({ url, parameters, files, mask, hasKeys }) {
  const lines = [`curl -sS --max-time 600 ${url}`];
  if (hasKeys) lines.push(`-H "Authorization: Bearer $IRIS_KEY"`);
  if (files.length) {
    const fields = Object.entries(parameters).map(([name, value]) => `${name}=${text(value)}`);
    lines.push(...fields.map((field) => `--form-string ${shell(field)}`));
    for (const name of files) lines.push(`-F ${shell(`image[]=${file(name)}`)}`);
    if (mask) lines.push(`-F ${shell(`mask=${file(mask)}`)}`);
  } else {
    lines.push(`-H "Content-Type: application/json"`, `-d ${shell(members(parameters))}`);
  }
  const end = ending(parameters);
  const several = [
    "jq -r '.data[].b64_json' |",
    "while read -r image; do",
    `  let number+=1; base64 -d <<<"$image" > "picture-$number.${end}"`,
    "done",
  ];
  const save = parameters.n > 1 ? several.join("\n  ") : `jq -r '.data[0].b64_json' | base64 -d > picture.${end}`;
  return `${lines.join(" \\\n  ")} |\n  ${save}\n`;
}

function pythonCode({ base, parameters, files, mask, hasKeys }) {
  const named = known.filter((name) => name in parameters).map((name) => `    ${name}=${json(parameters[name])},`);
  const extra = Object.entries(parameters).filter(([name]) => !known.includes(name));
  // A form has a list as a text.
  const value = (given) => json(files.length && typeof given === "object" ? text(given) : given);
  const body = extra.map(([name, given]) => `${json(name)}: ${value(given)}`).join(", ");
  const open = (name) => `open(${json(name)}, "rb")`;
  const key = hasKeys ? `os.environ["IRIS_KEY"]` : `"none"`;
  const end = ending(parameters);
  const save =
    parameters.n > 1
      ? [
          "for number, image in enumerate(answer.data, 1):",
          `    with open(f"picture-{number}.${end}", "wb") as file:`,
          "        file.write(base64.b64decode(image.b64_json))",
        ]
      : [`with open("picture.${end}", "wb") as file:`, "    file.write(base64.b64decode(answer.data[0].b64_json))"];
  return [
    "import base64",
    "import os",
    "from openai import OpenAI",
    "",
    `client = OpenAI(base_url=${json(`${base}/v1`)}, api_key=${key}, timeout=600)`,
    `answer = client.images.${files.length ? "edit" : "generate"}(`,
    ...named,
    ...(files.length ? [`    image=[${files.map(open).join(", ")}],`] : []),
    ...(mask ? [`    mask=${open(mask)},`] : []),
    ...(body ? [`    extra_body={${body}},`] : []),
    ")",
    ...save,
    "",
  ].join("\n");
}

function javascript({ url, parameters, files, mask, hasKeys }) {
  const key = hasKeys ? "authorization: `Bearer ${process.env.IRIS_KEY}`" : "";
  const part = (field, name) =>
    `body.append(${json(field)}, new Blob([await readFile(${json(name)})]), ${json(name)});`;
  const form = [
    "const body = new FormData();",
    ...Object.entries(parameters).map(([name, value]) => `body.append(${json(name)}, ${json(text(value))});`),
    ...files.map((name) => part("image[]", name)),
    ...(mask ? [part("mask", mask)] : []),
  ];
  const type = files.length ? "" : `"content-type": "application/json"`;
  const end = ending(parameters);
  const write = (name, image) => `await writeFile(${name}, Buffer.from(${image}.b64_json, "base64"));`;
  const save =
    parameters.n > 1
      ? [
          "for (const [index, image] of answer.data.entries()) {",
          `  ${write("`picture-${index + 1}." + end + "`", "image")}`,
          "}",
        ]
      : [write(json(`picture.${end}`), "answer.data[0]")];
  return [
    `import { ${files.length ? "readFile, " : ""}writeFile } from "node:fs/promises";`,
    "",
    ...(files.length ? form : [`const body = JSON.stringify(${members(parameters)});`]),
    `const response = await fetch(${json(url)}, {`,
    `  method: "POST",`,
    `  headers: { ${[key, type].filter(Boolean).join(", ")} },`,
    "  body,",
    "});",
    "const answer = await response.json();",
    "if (!response.ok) throw new Error(answer.error.message);",
    ...save,
    "",
  ].join("\n");
}

const writers = { curl, python: pythonCode, javascript };

/** Returns a request as code in one of the languages. */
export function snippet(language, request) {
  const url = request.base + request.path;
  return writers[language]({ ...request, url });
}
