namespace OrleansFlow.Rpc.Http2;

/// <summary>Error codes of HTTP/2 (RFC 9113, section 7) and their exceptions.</summary>
internal static class Http2Errors
{
    public const uint NoError = 0x0;
    public const uint ProtocolError = 0x1;
    public const uint FlowControlError = 0x3;
    public const uint FrameSizeError = 0x6;
    public const uint RefusedStream = 0x7;
    public const uint Cancel = 0x8;
    public const uint CompressionError = 0x9;
    public const uint EnhanceYourCalm = 0xB;

    public static HttpProtocolException Protocol(string what) => Make(ProtocolError, $"The server breaks HTTP/2: {what}.");

    public static HttpProtocolException Make(uint code, string message) => new(code, message, null);
}
