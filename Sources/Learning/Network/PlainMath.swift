/// Functions made of additions, multiplications and divisions alone, so that they give the same bits with every C
/// library and on every processor. They are right to a few units in the last place.
package enum PlainMath {
    private static let log2Upper = 0.693147180369123816490
    private static let log2Lower = 1.90821492927058770002e-10

    /// e to the power of x.
    package static func exponential(_ x: Double) -> Double {
        if x.isNaN { return x }
        if x > 709.7 { return .greatestFiniteMagnitude }
        if x < -708 { return 0 }
        let power = (x * 1.44269504088896338700).rounded()
        let rest = x - power * log2Upper - power * log2Lower
        var sum = 1.0
        var number = 14.0
        while number > 0 {
            sum = sum * rest / number + 1
            number -= 1
        }
        return Double(sign: .plus, exponent: Int(power), significand: sum)
    }

    /// The natural logarithm of a positive number.
    package static func logarithm(_ x: Double) -> Double {
        if x.isNaN || x < 0 { return .nan }
        if x == 0 { return -.infinity }
        if x.isInfinite { return x }
        var (power, part) = (Int(x.exponent), x.significand)
        if part > 1.4142135623730951 { (power, part) = (power + 1, part / 2) }
        // log(part) = 2 artanh(s) with s = (part - 1) / (part + 1), at most 0.172.
        let s = (part - 1) / (part + 1)
        let square = s * s
        var sum = 0.0
        var number = 23.0
        while number > 1 {
            sum = (sum + 1 / number) * square
            number -= 2
        }
        let fraction = 2 * s * (1 + sum)
        return Double(power) * log2Upper + (Double(power) * log2Lower + fraction)
    }

    /// log(1 + e to the power of x), which is near 0 or near x.
    package static func softplus(_ x: Double) -> Double {
        max(x, 0) + logarithm(1 + exponential(-abs(x)))
    }

    /// 1 / (1 + e to the power of -x).
    package static func logistic(_ x: Double) -> Double {
        let e = exponential(-abs(x))
        return x < 0 ? e / (1 + e) : 1 / (1 + e)
    }

    /// The cosine of x times pi, for x from 0 to 1.
    package static func cosine(halfTurns x: Double) -> Double {
        if x > 0.5 { return -cosine(halfTurns: 1 - x) }
        let square = x * x * 9.86960440108935861883
        var sum = 1.0
        var number = 22.0
        while number > 0 {
            sum = 1 - sum * square / (number * (number - 1))
            number -= 2
        }
        return sum
    }
}
