// Arrow's headers are C++ and are included by CArrowShim alone. This module only brings their place from pkg-config.
