using System.Text;
using OrleansFlow.Streaming.Objects.S3;

namespace OrleansFlow.Tests.Streaming.Objects;

/// <summary>The examples that AWS publishes in its reference of the S3 API ("Signature calculations for the authorization header") and of signing keys.</summary>
public sealed class AwsSignatureTests
{
    private static readonly AwsCredentials Example = new("AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY");

    [Fact]
    public void GetOfARange_HasThePublishedSignature() => AssertSignature(
        "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41",
        "host;range;x-amz-content-sha256;x-amz-date",
        Request("GET", "/test.txt", "", AwsSignature.EmptyHash, ("range", "bytes=0-9")));

    [Fact]
    public void PutOfAnObject_HasThePublishedSignature() => AssertSignature(
        "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0ece108bd",
        "date;host;x-amz-content-sha256;x-amz-date;x-amz-storage-class",
        Request(
            "PUT",
            "/" + AwsSignature.Encode("test$file.text", keepsSlash: true),
            "",
            AwsSignature.HashOf("Welcome to Amazon S3."u8),
            ("date", "Fri, 24 May 2013 00:00:00 GMT"),
            ("x-amz-storage-class", "REDUCED_REDUNDANCY")));

    [Fact]
    public void QueryWithoutValue_HasThePublishedSignature() => AssertSignature(
        "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a0136783543",
        "host;x-amz-content-sha256;x-amz-date",
        Request("GET", "/", AwsSignature.QueryOf([new("lifecycle", "")]), AwsSignature.EmptyHash));

    [Fact]
    public void ListOfObjects_HasThePublishedSignature() => AssertSignature(
        "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711ef69dc6f7",
        "host;x-amz-content-sha256;x-amz-date",
        Request("GET", "/", AwsSignature.QueryOf([new("prefix", "J"), new("max-keys", "2")]), AwsSignature.EmptyHash));

    [Fact]
    public void SigningKey_IsThePublishedOne() => Assert.Equal(
        "c4afb1cc5771d871763a393e44b703571b55cc28424d1a5e86da6ed3c154a4b9",
        Convert.ToHexStringLower(AwsSignature.DeriveKey("wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "20150830", "us-east-1", "iam")));

    [Fact]
    public void PathsAndQueries_AreEncodedAsTheSpecificationSays()
    {
        Assert.Equal("a/b%20c%2Bd%25~-_.%C3%A9", AwsSignature.Encode("a/b c+d%~-_.é", keepsSlash: true));
        Assert.Equal("a%2Fb", AwsSignature.Encode("a/b", keepsSlash: false));
        Assert.Equal("a=%2B&b=", AwsSignature.QueryOf([new("b", ""), new("a", "+")]));
    }

    [Fact]
    public void HashOfNothing_IsTheConstant() => Assert.Equal(AwsSignature.EmptyHash, AwsSignature.HashOf(Encoding.UTF8.GetBytes("")));

    private static AwsRequest Request(string method, string path, string query, string hash, params (string Name, string Value)[] headers)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal)
        {
            ["host"] = "examplebucket.s3.amazonaws.com",
            ["x-amz-content-sha256"] = hash,
            ["x-amz-date"] = AwsSignature.TimeOf(new DateTimeOffset(2013, 5, 24, 0, 0, 0, TimeSpan.Zero)),
        };
        foreach (var (name, value) in headers)
        {
            all[name] = value;
        }

        return new AwsRequest(method, path, query, all);
    }

    private static void AssertSignature(string signature, string signed, AwsRequest request) => Assert.Equal(
        $"AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,SignedHeaders={signed},Signature={signature}",
        AwsSignature.Authorize(Example, "us-east-1", "s3", request));
}
