using System.Security.Cryptography;

namespace OrleansFlow.Worker.Data;

/// <summary>The public halves of the cluster's keys, as the silo names them at each registration. Thread-safe.</summary>
internal sealed class VerificationKeys : IDisposable
{
    // While a key is being rotated there are two.
    private const int KeysMax = 4;

    private readonly Lock _gate = new();
    private ECDsa[] _keys = [];
    private bool _isDisposed;

    /// <summary>Replaces the keys.</summary>
    /// <param name="keys">SubjectPublicKeyInfo, base64. One that cannot be read is passed over: it verifies nothing.</param>
    public void Set(IReadOnlyList<string> keys)
    {
        var read = new List<ECDsa>();
        foreach (var text in keys.Take(KeysMax))
        {
            var key = ECDsa.Create();
            try
            {
                key.ImportSubjectPublicKeyInfo(Convert.FromBase64String(text), out _);
                read.Add(key);
            }
            catch (Exception exception) when (exception is FormatException or CryptographicException)
            {
                key.Dispose();
            }
        }

        lock (_gate)
        {
            Clear();
            _keys = _isDisposed ? [] : [.. read];
        }
    }

    /// <summary>Whether one of the keys made the signature. False while there is none.</summary>
    public bool Verify(ReadOnlySpan<byte> content, ReadOnlySpan<byte> signature)
    {
        // ECDsa promises nothing about concurrent use of one instance.
        lock (_gate)
        {
            foreach (var key in _keys)
            {
                if (key.VerifyData(content, signature, HashAlgorithmName.SHA256))
                {
                    return true;
                }
            }

            return false;
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            Clear();
        }
    }

    private void Clear()
    {
        foreach (var key in _keys)
        {
            key.Dispose();
        }

        _keys = [];
    }
}
