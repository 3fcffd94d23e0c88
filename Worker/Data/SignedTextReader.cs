using System.Buffers.Text;
using System.Globalization;
using System.Text;
using OrleansFlow.Errors;

namespace OrleansFlow.Worker.Data;

/// <summary>Whether a signature over a content is the cluster's.</summary>
internal delegate bool VerifySignature(ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature);

/// <summary>
/// Reads the signed, expiring texts that a silo makes: tickets and bearer tokens. A text is <c>base64url(payload).base64url(signature)</c>
/// with the payload <c>v1|KIND|SUBJECT|EXPIRY</c> (Unix seconds), so a ticket never passes for a token. Workers check with the public
/// keys that they get when they register.
/// </summary>
internal static class SignedTextReader
{
    /// <summary>Version of the form.</summary>
    public const string Version = "v1";

    /// <summary>Kind of the texts that let a caller into the gateway.</summary>
    public const string TokenKind = "token";

    /// <summary>Kind of the texts that name data for <c>DoGet</c>.</summary>
    public const string TicketKind = "ticket";

    /// <summary>Kind of the texts that let a caller run and read one query on workers; the subject is the query's id.</summary>
    public const string QueryKind = "query";

    /// <summary>Kind of the texts that let a worker send rows to its peers; the subject is <c>JOB/GENERATION</c> of the streaming job.</summary>
    public const string JobKind = "job";

    // Far above what is ever made; keeps hostile input from being decoded at length.
    private const int CharsMax = 2_048;

    /// <summary>The subject of a text that is genuine, of the kind, and not expired.</summary>
    /// <exception cref="FlowException">
    /// <c>unauthenticated</c> for a token, also that of a query or a job, <c>bad_input</c> for a ticket; the message says whether it was forged or has expired, never what it holds.
    /// </exception>
    public static string Read(string kind, string text, VerifySignature verify, DateTimeOffset nowUtc)
    {
        var dot = text.IndexOf('.', StringComparison.Ordinal);
        if (text.Length > CharsMax || dot < 0 || !TryDecode(text.AsSpan(0, dot), out var payload) || !TryDecode(text.AsSpan(dot + 1), out var signature))
        {
            throw Refuse(kind, "is not well-formed");
        }

        if (!verify(payload, signature))
        {
            throw Refuse(kind, "was not signed by this cluster's key");
        }

        var parts = Encoding.UTF8.GetString(payload).Split('|');
        if (parts.Length != 4 || parts[0] != Version || parts[1] != kind
            || !long.TryParse(parts[3], NumberStyles.None, CultureInfo.InvariantCulture, out var expires))
        {
            throw Refuse(kind, "is of another kind or version");
        }

        return nowUtc.ToUnixTimeSeconds() < expires
            ? parts[2]
            : throw Refuse(kind, $"expired at {DateTimeOffset.FromUnixTimeSeconds(expires):u}");
    }

    private static FlowException Refuse(string kind, string why) => kind switch
    {
        TokenKind => new FlowException(FlowErrorCode.Unauthenticated, $"The bearer token {why}. Use the one in endpoints.json of the silo's data folder, or the configured one."),
        QueryKind => new FlowException(FlowErrorCode.Unauthenticated, $"The token of the query {why}. Start the query again; its gateway makes a new one."),
        JobKind => new FlowException(FlowErrorCode.Unauthenticated, $"The token of the streaming job {why}. Its gateway makes a new one with each start."),
        _ => new FlowException(FlowErrorCode.BadInput, $"The {kind} {why}. Ask GetFlightInfo for a new one."),
    };

    private static bool TryDecode(ReadOnlySpan<char> text, out byte[] bytes)
    {
        bytes = [];
        if (!Base64Url.IsValid(text))
        {
            return false;
        }

        bytes = Base64Url.DecodeFromChars(text);
        return true;
    }
}
