using System.Globalization;
using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.State.Spilling;

/// <summary>
/// A folder of its own below a common one, made at the first use and removed at the end. The lock file in it is held open, so that the next one can tell what a
/// process left that was killed, and removes it. Thread-safe.
/// </summary>
internal sealed class ScratchFolder(string root) : IDisposable
{
    private const string LockName = "lock";
    private const string Prefix = "streams-";

    private readonly Lock _gate = new();
    private FileStream? _lock;
    private string? _folder;
    private long _number;
    private bool _isDisposed;

    /// <summary>A path for a new file.</summary>
    /// <exception cref="FlowException"><see cref="FlowErrorCode.StoreUnavailable"/>: the folder cannot be made.</exception>
    public string NewPath()
    {
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_isDisposed, this);
            try
            {
                _folder ??= Prepare();
            }
            catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
            {
                throw new FlowException(FlowErrorCode.StoreUnavailable, $"The folder '{root}' for state above its memory cannot be made: {exception.Message}", exception);
            }

            return Path.Combine(_folder, string.Create(CultureInfo.InvariantCulture, $"{++_number}.arrow"));
        }
    }

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
        Directory.CreateDirectory(root);
        foreach (var left in Directory.EnumerateDirectories(root, Prefix + "*"))
        {
            if (TryLock(left) is { } held)
            {
                held.Dispose();
                Remove(left);
            }
        }

        for (var number = 0; ; number++)
        {
            var folder = Path.Combine(root, string.Create(CultureInfo.InvariantCulture, $"{Prefix}{Environment.ProcessId}-{number}"));
            Directory.CreateDirectory(folder);
            if (TryLock(folder) is { } held)
            {
                _lock = held;
                return folder;
            }
        }
    }

    private static FileStream? TryLock(string folder)
    {
        try
        {
            return new FileStream(Path.Combine(folder, LockName), FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // Somebody holds it, or removes it just now.
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
            // The next one on this machine removes it.
        }
    }
}
