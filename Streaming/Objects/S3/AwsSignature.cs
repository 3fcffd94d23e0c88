using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansFlow.Streaming.Objects.S3;

/// <summary>Signature version 4 of a request, in its Authorization header. A pure function, from the public specification of AWS.</summary>
internal static class AwsSignature
{
    /// <summary>SHA-256 of no bytes.</summary>
    public const string EmptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    private const string Algorithm = "AWS4-HMAC-SHA256";

    /// <summary>The time as the header x-amz-date has it.</summary>
    public static string TimeOf(DateTimeOffset timeUtc) => timeUtc.UtcDateTime.ToString("yyyyMMdd'T'HHmmss'Z'", CultureInfo.InvariantCulture);

    /// <summary>SHA-256 of bytes in small hexadecimal digits.</summary>
    public static string HashOf(ReadOnlySpan<byte> content) => Convert.ToHexStringLower(SHA256.HashData(content));

    /// <summary>The value of the Authorization header.</summary>
    /// <param name="credentials">Who signs.</param>
    /// <param name="region">Region of the service.</param>
    /// <param name="service">The service: s3.</param>
    /// <param name="request">What is signed.</param>
    public static string Authorize(AwsCredentials credentials, string region, string service, AwsRequest request)
    {
        var time = request.Headers["x-amz-date"];
        var scope = $"{time[..8]}/{region}/{service}/aws4_request";
        var signed = string.Join(';', request.Headers.Keys);
        var text = $"{Algorithm}\n{time}\n{scope}\n{HashOf(Encoding.UTF8.GetBytes(Canonical(request, signed)))}";
        var key = DeriveKey(credentials.SecretAccessKey, time[..8], region, service);
        var signature = Convert.ToHexStringLower(HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(text)));
        return $"{Algorithm} Credential={credentials.AccessKeyId}/{scope},SignedHeaders={signed},Signature={signature}";
    }

    /// <summary>The key that a day, a region and a service are signed with.</summary>
    public static byte[] DeriveKey(string secret, string date, string region, string service)
    {
        var key = Encoding.UTF8.GetBytes("AWS4" + secret);
        foreach (var part in (ReadOnlySpan<string>)[date, region, service, "aws4_request"])
        {
            key = HMACSHA256.HashData(key, Encoding.UTF8.GetBytes(part));
        }

        return key;
    }

    /// <summary>A value in a path or query: all but letters, digits and <c>-_.~</c> as % and two digits for each byte.</summary>
    public static string Encode(string text, bool keepsSlash)
    {
        var result = new StringBuilder(text.Length);
        foreach (var value in Encoding.UTF8.GetBytes(text))
        {
            var isPlain = char.IsAsciiLetterOrDigit((char)value) || value is (byte)'-' or (byte)'_' or (byte)'.' or (byte)'~' || (keepsSlash && value == '/');
            _ = isPlain ? result.Append((char)value) : result.Append(CultureInfo.InvariantCulture, $"%{value:X2}");
        }

        return result.ToString();
    }

    /// <summary>The query as it is signed and sent: sorted by name, every name with a value.</summary>
    public static string QueryOf(IEnumerable<KeyValuePair<string, string>> query) => string.Join(
        '&', query.Select(pair => (Name: Encode(pair.Key, false), Value: Encode(pair.Value, false))).OrderBy(pair => pair.Name, StringComparer.Ordinal).Select(pair => $"{pair.Name}={pair.Value}"));

    private static string Canonical(AwsRequest request, string signed)
    {
        var text = new StringBuilder();
        text.Append(request.Method).Append('\n').Append(request.EncodedPath).Append('\n').Append(request.EncodedQuery).Append('\n');
        foreach (var (name, value) in request.Headers)
        {
            text.Append(name).Append(':').Append(value.Trim()).Append('\n');
        }

        return text.Append('\n').Append(signed).Append('\n').Append(request.Headers["x-amz-content-sha256"]).ToString();
    }
}

/// <summary>Who signs.</summary>
internal readonly record struct AwsCredentials(string AccessKeyId, string SecretAccessKey);

/// <summary>What of a request is signed.</summary>
/// <param name="Method">GET, PUT and so on.</param>
/// <param name="EncodedPath">The path as it is sent.</param>
/// <param name="EncodedQuery">The query as it is sent, without question mark, sorted.</param>
/// <param name="Headers">Headers by their small name, sorted; with x-amz-date, x-amz-content-sha256 and host.</param>
internal sealed record AwsRequest(string Method, string EncodedPath, string EncodedQuery, SortedDictionary<string, string> Headers);
