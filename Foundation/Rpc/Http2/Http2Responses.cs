using System.Globalization;
using System.Net;

namespace OrleansFlow.Rpc.Http2;

/// <summary>Makes responses of header blocks.</summary>
internal static class Http2Responses
{
    /// <summary>Makes a response whose body is still to come.</summary>
    /// <exception cref="HttpProtocolException">The status is none of a final response.</exception>
    public static HttpResponseMessage Make(
        HttpRequestMessage request, IReadOnlyList<(string Name, string Value)> headers, Func<HttpResponseMessage, Stream> makeBody)
    {
        var status = headers.FirstOrDefault(header => header.Name == ":status").Value;
        if (!int.TryParse(status, NumberStyles.None, CultureInfo.InvariantCulture, out var code) || code is < 200 or > 999)
        {
            throw Http2Errors.Protocol($"a response has the status '{status}'");
        }

        var response = new HttpResponseMessage((HttpStatusCode)code) { Version = HttpVersion.Version20, RequestMessage = request };
        response.Content = new Http2ResponseContent(makeBody(response));
        foreach (var (name, value) in headers)
        {
            if (!name.StartsWith(':') && !response.Headers.TryAddWithoutValidation(name, value))
            {
                response.Content.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return response;
    }
}
