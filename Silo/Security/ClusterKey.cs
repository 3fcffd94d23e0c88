using System.Security.Cryptography;
using OrleansFlow.Errors;

namespace OrleansFlow.Silo.Security;

/// <summary>
/// The key pair of a cluster (ECDSA over P-256): signs tickets and tokens. While it is being rotated there are two: the first signs, both verify.
/// Thread-safe.
/// </summary>
public sealed class ClusterKey : IDisposable
{
    /// <summary>Name of the key file within the data folder.</summary>
    public const string FileName = "cluster.key";

    /// <summary>Keys a file may hold: the one that signs and the one before it.</summary>
    public const int KeysMax = 2;

    private const string PemLabel = "PRIVATE KEY";

    private readonly Lock _gate = new();
    private readonly RecentSignatures _recent = new();
    private readonly ECDsa[] _keys;

    private ClusterKey(ECDsa[] keys)
    {
        _keys = keys;
        VerificationKeys = [.. keys.Select(key => Convert.ToBase64String(key.ExportSubjectPublicKeyInfo()))];
    }

    /// <summary>Public halves (SubjectPublicKeyInfo, base64), the signing key's first.</summary>
    public IReadOnlyList<string> VerificationKeys { get; }

    /// <summary>A key that ends with the process: for silos without a data folder.</summary>
    public static ClusterKey CreateEphemeral() => new([ECDsa.Create(ECCurve.NamedCurves.nistP256)]);

    /// <summary>Reads a key file, or makes it (mode 600) when it is not there.</summary>
    /// <exception cref="FlowException"><c>bad_option</c>: the file holds no key of the right kind, or cannot be read.</exception>
    public static ClusterKey LoadOrCreate(string path)
    {
        if (TryLoad(path) is { } existing)
        {
            return existing;
        }

        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        try
        {
            WriteFile(path, [made], FileMode.CreateNew);
        }
        catch (IOException) when (File.Exists(path))
        {
            // Another silo was faster; its key counts.
        }

        return TryLoad(path) ?? throw new FlowException(FlowErrorCode.BadOption, $"Cluster key '{path}' vanished while it was read. Start again.");
    }

    /// <summary>Puts a new key before the one in the file, which goes on verifying; an older one is dropped.</summary>
    /// <remarks>Tickets and tokens of the dropped key are refused from the next start on.</remarks>
    public static void Rotate(string path)
    {
        using var current = LoadOrCreate(path);
        using var made = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var temporary = path + ".tmp";
        File.Delete(temporary);
        WriteFile(temporary, [made, current._keys[0]], FileMode.CreateNew);
        File.Move(temporary, path, overwrite: true);
    }

    /// <summary>Signs with the newest key; the signature is 64 bytes (IEEE P1363).</summary>
    public byte[] Sign(ReadOnlySpan<byte> content)
    {
        // ECDsa promises nothing about concurrent use of one instance.
        lock (_gate)
        {
            var signature = _keys[0].SignData(content, HashAlgorithmName.SHA256);
            _recent.Add(content, signature);
            return signature;
        }
    }

    /// <summary>Whether one of the keys made the signature.</summary>
    public bool Verify(ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature)
    {
        lock (_gate)
        {
            if (_recent.Contains(content, signature))
            {
                return true;
            }

            foreach (var key in _keys)
            {
                if (key.VerifyData(content, signature, HashAlgorithmName.SHA256))
                {
                    _recent.Add(content, signature);
                    return true;
                }
            }

            return false;
        }
    }

    /// <summary>Secrets of 32 bytes for one purpose, the newest key's first; whoever knows one learns neither the key nor another purpose's.</summary>
    internal IReadOnlyList<byte[]> DeriveSecrets(string purpose)
    {
        lock (_gate)
        {
            return [.. _keys.Select(key => HKDF.DeriveKey(HashAlgorithmName.SHA256, key.ExportParameters(includePrivateParameters: true).D!, 32, info: System.Text.Encoding.UTF8.GetBytes(purpose)))];
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var key in _keys)
        {
            key.Dispose();
        }
    }

    private static ClusterKey? TryLoad(string path)
    {
        string text;
        try
        {
            text = File.ReadAllText(path);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return null;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new FlowException(FlowErrorCode.BadOption, $"Cluster key '{path}' cannot be read: {exception.Message}", exception);
        }

        var keys = new List<ECDsa>();
        try
        {
            var rest = text.AsSpan();
            while (keys.Count < KeysMax && PemEncoding.TryFind(rest, out var fields))
            {
                var key = ECDsa.Create();
                keys.Add(key);
                key.ImportFromPem(rest[fields.Location]);
                if (key.KeySize != 256)
                {
                    throw new CryptographicException($"the key has {key.KeySize} bits instead of 256");
                }

                rest = rest[fields.Location.End..];
            }

            return keys.Count > 0 ? new ClusterKey([.. keys]) : throw new CryptographicException("it holds no PEM block");
        }
        catch (Exception exception) when (exception is CryptographicException or ArgumentException)
        {
            keys.ForEach(key => key.Dispose());
            throw new FlowException(
                FlowErrorCode.BadOption,
                $"Cluster key '{path}' is no ECDSA P-256 private key in PEM form: {exception.Message}. Delete it to have a new one made.",
                exception);
        }
    }

    private static void WriteFile(string path, IReadOnlyList<ECDsa> keys, FileMode mode)
    {
        var options = new FileStreamOptions { Mode = mode, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        using (var writer = new StreamWriter(file, leaveOpen: true))
        {
            foreach (var key in keys)
            {
                writer.Write(PemEncoding.Write(PemLabel, key.ExportPkcs8PrivateKey()));
                writer.Write('\n');
            }
        }

        file.Flush(flushToDisk: true);
    }
}
