using OrleansFlow.Errors;

namespace OrleansFlow.Streaming.State.Spilling;

/// <summary>
/// How much memory the state of streaming jobs may take, all operators together, and the folder where what does not fit is kept. Thread-safe.
/// </summary>
/// <remarks>
/// Normal case: operators say what their state takes, and nothing is written. One that would take the sum above the limit writes the largest part of its own
/// state to a file and goes on. An operator may always hold its part of half of the limit, so none is at the mercy of another one that does nothing. The sum
/// stays below one and a half times the limit, apart from single rows that are larger than that.
/// Files are mapped, not read: what is in them counts as the system's cache, which gives it back whenever memory is short. They have no names while they are
/// used, so none outlives the process, however it ends.
/// </remarks>
public sealed class StreamMemory : IDisposable
{
    private readonly StreamMemory? _whole;
    private readonly ScratchFolder? _folder;
    private long _usedBytes;
    private long _spilledBytes;
    private long _spilledFiles;
    private int _shares;

    /// <summary>Makes a budget.</summary>
    /// <param name="limitBytes">Bytes for all state. At least 1.</param>
    /// <param name="folder">Where files are put; made at the first use. Null: a folder for temporary files of the system.</param>
    /// <exception cref="ArgumentOutOfRangeException">The limit is below 1.</exception>
    public StreamMemory(long limitBytes, string? folder = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(limitBytes, 1);
        LimitBytes = limitBytes;
        _folder = new ScratchFolder(folder ?? Path.Combine(Path.GetTempPath(), $"orleansflow-streams-{Environment.UserName}"));
    }

    private StreamMemory(StreamMemory? whole) => (_whole, LimitBytes) = (whole, whole?.LimitBytes ?? long.MaxValue);

    /// <summary>Without a limit: nothing is written.</summary>
    public static StreamMemory Unbounded { get; } = new(whole: null);

    /// <summary>What state takes if nobody says: two fifths of the memory that the process may use, which leaves as much for the local engine and rows on their way.</summary>
    /// <value>Bytes.</value>
    public static long DefaultBytes => Math.Max(1, GC.GetGCMemoryInfo().TotalAvailableMemoryBytes / 5 * 2);

    /// <summary>Bytes that state may take.</summary>
    public long LimitBytes { get; }

    /// <summary>Bytes that state takes now.</summary>
    public long UsedBytes => Interlocked.Read(ref _usedBytes);

    /// <summary>Bytes that were written to files so far.</summary>
    public long SpilledBytes => Interlocked.Read(ref _spilledBytes);

    /// <summary>Files that were written so far.</summary>
    public long SpilledFiles => Interlocked.Read(ref _spilledFiles);

    /// <summary>Removes the folder. Rows of files that somebody still holds stay readable.</summary>
    public void Dispose() => _folder?.Dispose();

    /// <summary>The same budget, which counts by itself what one subtask takes and writes.</summary>
    internal StreamMemory Part() => new(this);

    /// <summary>A share for one operator, which disposes it.</summary>
    internal MemoryShare Open()
    {
        for (var memory = this; memory is not null; memory = memory._whole)
        {
            Interlocked.Increment(ref memory._shares);
        }

        return new MemoryShare(this);
    }

    internal void Close(long bytes)
    {
        Change(-bytes);
        for (var memory = this; memory is not null; memory = memory._whole)
        {
            Interlocked.Decrement(ref memory._shares);
        }
    }

    internal void Change(long bytes)
    {
        for (var memory = this; memory is not null; memory = memory._whole)
        {
            Interlocked.Add(ref memory._usedBytes, bytes);
        }
    }

    /// <summary>What all subtasks take.</summary>
    internal long WholeUsedBytes => _whole?.WholeUsedBytes ?? UsedBytes;

    /// <summary>Whether an operator would hold too much.</summary>
    internal bool IsTooMuch(long own, long more) => _whole is not null
        ? _whole.IsTooMuch(own, more)
        : LimitBytes < long.MaxValue && UsedBytes + more > LimitBytes && own + more > LimitBytes / (2L * Math.Max(1, Volatile.Read(ref _shares)));

    /// <summary>A path for a new file.</summary>
    /// <exception cref="FlowException">The folder cannot be made.</exception>
    internal string NewPath() => _whole is not null ? _whole.NewPath() : _folder!.NewPath();

    internal void Wrote(long bytes)
    {
        for (var memory = this; memory is not null; memory = memory._whole)
        {
            Interlocked.Add(ref memory._spilledBytes, bytes);
            Interlocked.Increment(ref memory._spilledFiles);
        }
    }
}
