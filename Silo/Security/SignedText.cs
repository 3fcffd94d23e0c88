using System.Buffers.Text;
using System.Globalization;
using System.Text;
using OrleansFlow.Errors;
using OrleansFlow.Worker.Data;

namespace OrleansFlow.Silo.Security;

/// <summary>Makes and checks signed, expiring texts: Flight tickets and bearer tokens. Their form is that of <see cref="SignedTextReader"/>.</summary>
internal sealed class SignedText(ClusterKey key, TimeProvider clock)
{
    /// <summary>Kind of the texts that let a caller into the gateway.</summary>
    public const string TokenKind = SignedTextReader.TokenKind;

    /// <summary>Kind of the texts that name data for <c>DoGet</c>.</summary>
    public const string TicketKind = SignedTextReader.TicketKind;

    /// <summary>Signs a subject for a time.</summary>
    public (string Text, DateTimeOffset ExpiresUtc) Make(string kind, string subject, TimeSpan lifetime)
    {
        if (subject.Contains('|', StringComparison.Ordinal))
        {
            throw new ArgumentException($"Subject '{subject}' must not hold '|'.", nameof(subject));
        }

        var expires = DateTimeOffset.FromUnixTimeSeconds((clock.GetUtcNow() + lifetime).ToUnixTimeSeconds());
        var payload = Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"{SignedTextReader.Version}|{kind}|{subject}|{expires.ToUnixTimeSeconds()}"));
        return ($"{Base64Url.EncodeToString(payload)}.{Base64Url.EncodeToString(key.Sign(payload))}", expires);
    }

    /// <summary>The subject of a text that is genuine, of the kind, and not expired.</summary>
    /// <exception cref="FlowException">
    /// <c>unauthenticated</c> for a token, <c>bad_input</c> for a ticket; the message says whether it was forged or has expired, never what it holds.
    /// </exception>
    public string Read(string kind, string text) => SignedTextReader.Read(kind, text, key.Verify, clock.GetUtcNow());
}
