import Buckets
import Testing

@Suite("A place in a bucket")
struct BucketLocationTests {
    @Test("is read with its prefix and what stands behind the question mark")
    func read() throws {
        let plain = try BucketLocation(parsing: "s3://flights")
        #expect(plain.bucket == "flights" && plain.prefix.isEmpty && plain.endpoint == nil)
        let place = try BucketLocation(
            parsing: "s3://my.flights/a//b/?endpoint=http%3A%2F%2F127.0.0.1:9000/&region=eu-central-1&style=virtual"
                + "&ca=certs/ca.pem&encryption=aws:kms&kms-key=arn:aws:kms:eu:1:key/2")
        #expect(place.bucket == "my.flights" && place.prefix == "a/b/")
        #expect(place.endpoint == "http://127.0.0.1:9000" && place.region == "eu-central-1")
        #expect(place.style == .virtual && place.certificates == "certs/ca.pem")
        #expect(place.encryption == "aws:kms" && place.encryptionKey == "arn:aws:kms:eu:1:key/2")
    }

    @Test(
        "is refused with the reason",
        arguments: [
            ("s3:/flights", "does not begin"), ("s3://", "name has 3 to 63"), ("s3://Fl", "name has 3 to 63"),
            ("s3://flights/../a", "no parts of a prefix"), ("s3://flights?endpoint=ftp://a", "is no server"),
            ("s3://flights?endpoint=http://a/b", "is no server"), ("s3://flights?end=1", "there is no 'end'"),
            ("s3://flights?region", "has no value"), ("s3://flights?region=a&region=b", "twice"),
            ("s3://flights?style=host", "path or virtual"), ("s3://flights?encryption=rot13", "AES256"),
            ("s3://flights?kms-key=1", "goes with"), ("s3://flights?region=%zz", "has no value"),
        ])
    func refused(_ text: String, _ reason: String) {
        #expect {
            try BucketLocation(parsing: text)
        } throws: {
            "\($0)".contains(reason) && "\($0)".contains("s3://BUCKET/PREFIX")
        }
    }
}
