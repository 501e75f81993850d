#include "CWeb.h"

// `#embed` is of C23 (N3017); the compiler reports the files as dependencies, so that a changed one is
// compiled in again.
static const uint8_t admin_accounts_js[] = {
#embed "../Web/Assets/admin-accounts.js"
};
static const uint8_t admin_client_js[] = {
#embed "../Web/Assets/admin-client.js"
};
static const uint8_t admin_dialogs_js[] = {
#embed "../Web/Assets/admin-dialogs.js"
};
static const uint8_t admin_filters_js[] = {
#embed "../Web/Assets/admin-filters.js"
};
static const uint8_t admin_opening_js[] = {
#embed "../Web/Assets/admin-opening.js"
};
static const uint8_t admin_reports_js[] = {
#embed "../Web/Assets/admin-reports.js"
};
static const uint8_t admin_status_js[] = {
#embed "../Web/Assets/admin-status.js"
};
static const uint8_t admin_tables_js[] = {
#embed "../Web/Assets/admin-tables.js"
};
static const uint8_t admin_words_js[] = {
#embed "../Web/Assets/admin-words.js"
};
static const uint8_t admin_css[] = {
#embed "../Web/Assets/admin.css"
};
static const uint8_t admin_html[] = {
#embed "../Web/Assets/admin.html"
};
static const uint8_t admin_js[] = {
#embed "../Web/Assets/admin.js"
};
static const uint8_t base_css[] = {
#embed "../Web/Assets/base.css"
};
static const uint8_t chart_js[] = {
#embed "../Web/Assets/chart.js"
};
static const uint8_t client_js[] = {
#embed "../Web/Assets/client.js"
};
static const uint8_t code_js[] = {
#embed "../Web/Assets/code.js"
};
static const uint8_t controls_css[] = {
#embed "../Web/Assets/controls.css"
};
static const uint8_t controls_js[] = {
#embed "../Web/Assets/controls.js"
};
static const uint8_t dom_js[] = {
#embed "../Web/Assets/dom.js"
};
static const uint8_t drawing_js[] = {
#embed "../Web/Assets/drawing.js"
};
static const uint8_t easel_js[] = {
#embed "../Web/Assets/easel.js"
};
static const uint8_t errors_js[] = {
#embed "../Web/Assets/errors.js"
};
static const uint8_t frame_js[] = {
#embed "../Web/Assets/frame.js"
};
static const uint8_t icon_svg[] = {
#embed "../Web/Assets/icon.svg"
};
static const uint8_t icons_svg[] = {
#embed "../Web/Assets/icons.svg"
};
static const uint8_t key_js[] = {
#embed "../Web/Assets/key.js"
};
static const uint8_t language_js[] = {
#embed "../Web/Assets/language.js"
};
static const uint8_t mask_js[] = {
#embed "../Web/Assets/mask.js"
};
static const uint8_t masks_js[] = {
#embed "../Web/Assets/masks.js"
};
static const uint8_t numbers_js[] = {
#embed "../Web/Assets/numbers.js"
};
static const uint8_t opening_js[] = {
#embed "../Web/Assets/opening.js"
};
static const uint8_t picture_css[] = {
#embed "../Web/Assets/picture.css"
};
static const uint8_t pictures_js[] = {
#embed "../Web/Assets/pictures.js"
};
static const uint8_t playground_html[] = {
#embed "../Web/Assets/playground.html"
};
static const uint8_t playground_js[] = {
#embed "../Web/Assets/playground.js"
};
static const uint8_t references_js[] = {
#embed "../Web/Assets/references.js"
};
static const uint8_t request_css[] = {
#embed "../Web/Assets/request.css"
};
static const uint8_t request_js[] = {
#embed "../Web/Assets/request.js"
};
static const uint8_t service_js[] = {
#embed "../Web/Assets/service.js"
};
static const uint8_t sizes_js[] = {
#embed "../Web/Assets/sizes.js"
};
static const uint8_t snippets_js[] = {
#embed "../Web/Assets/snippets.js"
};
static const uint8_t stage_js[] = {
#embed "../Web/Assets/stage.js"
};
static const uint8_t strip_js[] = {
#embed "../Web/Assets/strip.js"
};
static const uint8_t styles_js[] = {
#embed "../Web/Assets/styles.js"
};
static const uint8_t usage_css[] = {
#embed "../Web/Assets/usage.css"
};
static const uint8_t usage_html[] = {
#embed "../Web/Assets/usage.html"
};
static const uint8_t usage_js[] = {
#embed "../Web/Assets/usage.js"
};
static const uint8_t words_js[] = {
#embed "../Web/Assets/words.js"
};

#define ASSET(name, bytes) {name, bytes, sizeof bytes}

static const cweb_asset assets[] = {
    ASSET("admin-accounts.js", admin_accounts_js),
    ASSET("admin-client.js", admin_client_js),
    ASSET("admin-dialogs.js", admin_dialogs_js),
    ASSET("admin-filters.js", admin_filters_js),
    ASSET("admin-opening.js", admin_opening_js),
    ASSET("admin-reports.js", admin_reports_js),
    ASSET("admin-status.js", admin_status_js),
    ASSET("admin-tables.js", admin_tables_js),
    ASSET("admin-words.js", admin_words_js),
    ASSET("admin.css", admin_css),
    ASSET("admin.html", admin_html),
    ASSET("admin.js", admin_js),
    ASSET("base.css", base_css),
    ASSET("chart.js", chart_js),
    ASSET("client.js", client_js),
    ASSET("code.js", code_js),
    ASSET("controls.css", controls_css),
    ASSET("controls.js", controls_js),
    ASSET("dom.js", dom_js),
    ASSET("drawing.js", drawing_js),
    ASSET("easel.js", easel_js),
    ASSET("errors.js", errors_js),
    ASSET("frame.js", frame_js),
    ASSET("icon.svg", icon_svg),
    ASSET("icons.svg", icons_svg),
    ASSET("key.js", key_js),
    ASSET("language.js", language_js),
    ASSET("mask.js", mask_js),
    ASSET("masks.js", masks_js),
    ASSET("numbers.js", numbers_js),
    ASSET("opening.js", opening_js),
    ASSET("picture.css", picture_css),
    ASSET("pictures.js", pictures_js),
    ASSET("playground.html", playground_html),
    ASSET("playground.js", playground_js),
    ASSET("references.js", references_js),
    ASSET("request.css", request_css),
    ASSET("request.js", request_js),
    ASSET("service.js", service_js),
    ASSET("sizes.js", sizes_js),
    ASSET("snippets.js", snippets_js),
    ASSET("stage.js", stage_js),
    ASSET("strip.js", strip_js),
    ASSET("styles.js", styles_js),
    ASSET("usage.css", usage_css),
    ASSET("usage.html", usage_html),
    ASSET("usage.js", usage_js),
    ASSET("words.js", words_js),
};

const cweb_asset *cweb_assets(size_t *count) {
  *count = sizeof assets / sizeof assets[0];
  return assets;
}
