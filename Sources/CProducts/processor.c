// Instructions for matrix products that the kernels of `ckernels.h` do not use.
#include "cproducts.h"

#if defined(__x86_64__)
#include <cpuid.h>

/// A bit of CPUID leaf 7 (Intel SDM, volume 2A, table 3-17).
static bool has_bit(unsigned subleaf, bool in_edx, unsigned bit) {
  unsigned eax, ebx, ecx, edx;
  if (!__get_cpuid_count(7, subleaf, &eax, &ebx, &ecx, &edx)) return false;
  return ((in_edx ? edx : eax) >> bit) & 1;
}

bool iris_processor_has_more_bfloat16(void) { return has_bit(0, true, 22); }  // AMX-BF16

bool iris_processor_has_more_int8(void) {
  bool amx = has_bit(0, true, 25);                             // AMX-INT8
  bool avx_vnni = has_bit(1, false, 4) && !iris_has_int8();  // AVX-VNNI
  return amx || avx_vnni;
}
#elif defined(__aarch64__)
#include <sys/auxv.h>

bool iris_processor_has_more_bfloat16(void) { return getauxval(AT_HWCAP2) & 1u << 14; }  // BF16
bool iris_processor_has_more_int8(void) { return getauxval(AT_HWCAP2) & 1u << 13; }      // I8MM
#else
bool iris_processor_has_more_bfloat16(void) { return false; }
bool iris_processor_has_more_int8(void) { return false; }
#endif
