using System.Buffers.Binary;
using System.Security.Cryptography;
using OrleansFlow.Errors;

namespace OrleansFlow.Silo.Security;

/// <summary>
/// Seals short-lived contents for callers that must neither read nor change them (AES-256-GCM under a secret of the cluster key):
/// <c>version | expiry (Unix ms) | nonce | tag | content</c>. Every silo with the cluster key can open them; whoever has another key cannot.
/// </summary>
internal sealed class SealedBytes(ClusterKey key, TimeProvider clock)
{
    private const byte Version = 1;
    private const int HeaderBytes = 1 + sizeof(long);
    private const int NonceBytes = 12;
    private const int TagBytes = 16;
    private const int FixedBytes = HeaderBytes + NonceBytes + TagBytes;

    private readonly IReadOnlyList<byte[]> _secrets = key.DeriveSecrets("orleansflow sealed bytes v1");

    /// <summary>Seals a content for a time.</summary>
    public (byte[] Sealed, DateTimeOffset ExpiresUtc) Seal(ReadOnlySpan<byte> content, TimeSpan lifetime)
    {
        var expires = DateTimeOffset.FromUnixTimeMilliseconds((clock.GetUtcNow() + lifetime).ToUnixTimeMilliseconds());
        var bytes = new byte[FixedBytes + content.Length];
        var span = bytes.AsSpan();
        span[0] = Version;
        BinaryPrimitives.WriteInt64BigEndian(span[1..], expires.ToUnixTimeMilliseconds());
        var nonce = span.Slice(HeaderBytes, NonceBytes);
        RandomNumberGenerator.Fill(nonce);
        using var cipher = new AesGcm(_secrets[0], TagBytes);
        cipher.Encrypt(nonce, content, span[FixedBytes..], span.Slice(HeaderBytes + NonceBytes, TagBytes), span[..HeaderBytes]);
        return (bytes, expires);
    }

    /// <summary>The content of what was sealed here and has not expired.</summary>
    /// <param name="what">What it is, for messages.</param>
    /// <param name="bytes">What a caller gave.</param>
    /// <exception cref="FlowException"><c>bad_input</c>: not well-formed, sealed by another cluster or changed, or expired.</exception>
    public byte[] Open(string what, ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < FixedBytes || bytes[0] != Version)
        {
            throw Refuse(what, "is not well-formed");
        }

        var content = new byte[bytes.Length - FixedBytes];
        var opened = false;
        foreach (var secret in _secrets)
        {
            opened = opened || TryOpen(secret, bytes, content);
        }

        if (!opened)
        {
            throw Refuse(what, "was not made by this cluster, or has been changed");
        }

        var expires = BinaryPrimitives.ReadInt64BigEndian(bytes[1..]);
        return clock.GetUtcNow().ToUnixTimeMilliseconds() < expires
            ? content
            : throw Refuse(what, $"expired at {DateTimeOffset.FromUnixTimeMilliseconds(expires):u}");
    }

    private static bool TryOpen(byte[] secret, ReadOnlySpan<byte> bytes, byte[] content)
    {
        try
        {
            using var cipher = new AesGcm(secret, TagBytes);
            cipher.Decrypt(
                bytes.Slice(HeaderBytes, NonceBytes), bytes[FixedBytes..], bytes.Slice(HeaderBytes + NonceBytes, TagBytes), content, bytes[..HeaderBytes]);
            return true;
        }
        catch (AuthenticationTagMismatchException)
        {
            return false;
        }
    }

    private static FlowException Refuse(string what, string why) => new(FlowErrorCode.BadInput, $"The {what} {why}. Ask for a new one.");
}
