// The one function of the library libVintageArrow.
#ifndef VINTAGE_ARROW_SHIM_H
#define VINTAGE_ARROW_SHIM_H

#include "TableFunctions.h"

#ifdef __cplusplus
extern "C" {
#endif

// The table of functions, which lives as long as the library is loaded.
__attribute__((visibility("default"))) const VintageTableFunctions *vintage_table_functions(void);

#ifdef __cplusplus
}
#endif

#endif
