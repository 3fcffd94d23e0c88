using System.Security.Cryptography;

namespace OrleansFlow.Silo.Security;

/// <summary>
/// Remembers signatures that were made or found genuine, because one check costs as much as a whole small call. What is genuine stays so; when
/// a text expires is not asked here. Not thread-safe.
/// </summary>
/// <param name="countMax">Most signatures of each of two generations: when the younger is full, the older is forgotten.</param>
internal sealed class RecentSignatures(int countMax = RecentSignatures.DefaultCountMax)
{
    /// <summary>Of 64 bytes and their dictionary's share each.</summary>
    public const int DefaultCountMax = 4_096;

    private HashSet<Digest> _young = [];
    private HashSet<Digest> _old = [];

    /// <summary>Remembers a genuine signature.</summary>
    public void Add(ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature) => Add(Digest.Of(content, signature));

    /// <summary>Whether it is remembered.</summary>
    public bool Contains(ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature)
    {
        var digest = Digest.Of(content, signature);
        if (_young.Contains(digest))
        {
            return true;
        }

        if (!_old.Contains(digest))
        {
            return false;
        }

        Add(digest);
        return true;
    }

    private void Add(Digest digest)
    {
        if (_young.Count >= countMax)
        {
            (_young, _old) = (_old, _young);
            _young.Clear();
        }

        _young.Add(digest);
    }

    /// <summary>SHA-256 of the length of the content, the content and its signature.</summary>
    private readonly record struct Digest(UInt128 High, UInt128 Low)
    {
        public static Digest Of(ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature)
        {
            using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
            hash.AppendData(BitConverter.GetBytes(content.Length));
            hash.AppendData(content);
            hash.AppendData(signature);
            Span<byte> bytes = stackalloc byte[SHA256.HashSizeInBytes];
            hash.GetHashAndReset(bytes);
            return new Digest(
                System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(bytes), System.Buffers.Binary.BinaryPrimitives.ReadUInt128LittleEndian(bytes[16..]));
        }
    }
}
