using System.Globalization;

namespace OrleansFlow.Worker.Queries.Outputs;

/// <summary>
/// A worker's folder for rows on disk: one of its own below a common one, made at the first use and removed with the worker. The lock file in it is
/// held open, so that the next worker can tell the folder of one that was killed, and removes it.
/// </summary>
internal sealed class SpillFolder(string root) : IDisposable
{
    private const string LockName = "lock";
    private const string Prefix = "queries-";

    private readonly Lock _gate = new();
    private FileStream? _lock;
    private string? _folder;
    private long _number;
    private bool _isDisposed;

    /// <summary>The folder; null before the first use.</summary>
    public string? Path => Volatile.Read(ref _folder);

    /// <summary>A path for a new file.</summary>
    /// <exception cref="IOException">The folder cannot be made.</exception>
    public string NewPath() => System.IO.Path.Combine(Prepare(), string.Create(CultureInfo.InvariantCulture, $"{Interlocked.Increment(ref _number)}.arrow"));

    /// <summary>A folder in it for somebody who makes it when needed.</summary>
    public string SubFolder(string name) => System.IO.Path.Combine(Prepare(), name);

    public void Dispose()
    {
        lock (_gate)
        {
            _isDisposed = true;
            _lock?.Dispose();
            if (_folder is not null)
            {
                Remove(_folder);
            }
        }
    }

    private string Prepare()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            if (_folder is not null)
            {
                return _folder;
            }

            Directory.CreateDirectory(root);
            RemoveOfTheDead();
            for (var number = 0; ; number++)
            {
                var folder = System.IO.Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{number}"));
                Directory.CreateDirectory(folder);
                if (TryLock(folder) is { } held)
                {
                    _lock = held;
                    _folder = folder;
                    return folder;
                }
            }
        }
    }

    private void RemoveOfTheDead()
    {
        foreach (var folder in Directory.EnumerateDirectories(root, Prefix + "*"))
        {
            if (TryLock(folder) is { } held)
            {
                held.Dispose();
                Remove(folder);
            }
        }
    }

    private static FileStream? TryLock(string folder)
    {
        try
        {
            return new FileStream(System.IO.Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Another worker holds it, or removes it just now.
            return null;
        }
    }

    private static void Remove(string folder)
    {
        try
        {
            Directory.Delete(folder, recursive: true);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next worker on this machine removes it.
        }
    }
}
