using System.Globalization;
using System.Net;
using System.Net.Http.Headers;

namespace OrleansFlow.Rpc;

/// <summary>What an HTTP/2 exchange means in terms of gRPC, by the table of the protocol's document.</summary>
internal static class RpcHttpMapping
{
    private const long Http2NoError = 0x0;
    private const long Http2ProtocolError = 0x1;
    private const long Http2RefusedStream = 0x7;
    private const long Http2Cancel = 0x8;
    private const long Http2EnhanceYourCalm = 0xB;
    private const long Http2InadequateSecurity = 0xC;

    /// <summary>Reads the status out of trailers, or out of headers when there is no body; null when there is none.</summary>
    public static RpcStatus? TryReadStatus(HttpHeaders headers)
    {
        if (First(headers, "grpc-status") is not { } text)
        {
            return null;
        }

        var code = int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number is >= 0 and <= 16
            ? (RpcStatusCode)number
            : RpcStatusCode.Unknown;
        var message = First(headers, "grpc-message") is { } encoded ? RpcWireText.DecodeMessage(encoded) : "";
        var details = First(headers, RpcStatusDetails.TrailerName) is { } base64
            && RpcWireText.TryDecodeBase64(base64, out var bytes) ? bytes : default;
        return new RpcStatus(code, message, details);
    }

    public static RpcMetadata ReadMetadata(HttpHeaders headers)
    {
        var metadata = new RpcMetadata();
        foreach (var (key, values) in headers.NonValidated)
        {
            if (key.StartsWith("grpc-", StringComparison.OrdinalIgnoreCase)
                || key.Equals("content-type", StringComparison.OrdinalIgnoreCase))
            {
                continue;
            }

            foreach (var value in values)
            {
                metadata.AddReceived(key, value);
            }
        }

        return metadata;
    }

    public static string? First(HttpHeaders headers, string name) =>
        headers.NonValidated.TryGetValues(name, out var values) ? values.FirstOrDefault() : null;

    public static RpcStatus FromHttpStatus(HttpStatusCode httpStatus, string method) => new(
        httpStatus switch
        {
            HttpStatusCode.BadRequest => RpcStatusCode.Internal,
            HttpStatusCode.Unauthorized => RpcStatusCode.Unauthenticated,
            HttpStatusCode.Forbidden => RpcStatusCode.PermissionDenied,
            HttpStatusCode.NotFound => RpcStatusCode.Unimplemented,
            HttpStatusCode.TooManyRequests or HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable
                or HttpStatusCode.GatewayTimeout => RpcStatusCode.Unavailable,
            _ => RpcStatusCode.Unknown,
        },
        $"{method}: the server answered HTTP {(int)httpStatus} instead of a gRPC response.");

    /// <summary>What a broken exchange means.</summary>
    public static RpcException FromTransport(Exception exception, string method)
    {
        for (var cause = exception; cause is not null; cause = cause.InnerException)
        {
            if (cause is RpcException request)
            {
                // The request could not be made, as when it is larger than the limit.
                return request;
            }

            if (cause is HttpProtocolException protocol)
            {
                var code = protocol.ErrorCode switch
                {
                    Http2NoError or Http2RefusedStream => RpcStatusCode.Unavailable,

                    // The platform reports a ping without answer as a protocol error; only the option's name in its text tells it.
                    Http2ProtocolError when protocol.Message.Contains(nameof(SocketsHttpHandler.KeepAlivePingDelay), StringComparison.Ordinal) =>
                        RpcStatusCode.Unavailable,
                    Http2Cancel => RpcStatusCode.Cancelled,
                    Http2EnhanceYourCalm => RpcStatusCode.ResourceExhausted,
                    Http2InadequateSecurity => RpcStatusCode.PermissionDenied,
                    _ => RpcStatusCode.Internal,
                };
                return Wrap(code, $"{method}: the call was reset (HTTP/2 error {protocol.ErrorCode}): {protocol.Message}", exception);
            }
        }

        return exception is HttpRequestException or IOException or ObjectDisposedException or OperationCanceledException
            ? Wrap(RpcStatusCode.Unavailable, $"{method}: {exception.GetBaseException().Message}", exception)
            : Wrap(RpcStatusCode.Internal, $"{method}: {exception.GetType().Name}: {exception.Message}", exception);
    }

    private static RpcException Wrap(RpcStatusCode code, string message, Exception cause) =>
        new(new RpcStatus(code, message), innerException: cause);
}
