#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The logarithm to the base of ten.
func logarithm(_ number: Double) -> Double { log10(number) }
