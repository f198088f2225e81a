#pragma once

#include "reference/enums.hpp"

// The names of reference/enums.hpp, for the enumerations of the harness. Names of one of them are
// given as `template <> inline constexpr Names<Slot> reference::names_of<Slot> = {...};`.
namespace normdiff {

using reference::all_of;
using reference::count_of;
using reference::EnumArray;
using reference::Named;
using reference::named;
using reference::Names;
using reference::names_of;
using reference::to_string;

}  // namespace normdiff
