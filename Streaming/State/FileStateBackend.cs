using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.Objects;
using OrleansFlow.Streaming.State.Files;
using OrleansFlow.Streaming.State.Tables;

namespace OrleansFlow.Streaming.State;

/// <summary>
/// State in files of an object store: Arrow IPC files, compressed with zstd where the system has it (else LZ4). Each checkpoint writes what changed since the
/// one before, and names the files of earlier ones again.
/// </summary>
public sealed class FileStateBackend : IStateBackend
{
    private readonly ArrowTableFiles _files;
    private readonly TimeProvider _clock;

    /// <summary>Opens the state of a job.</summary>
    /// <param name="store">Where the files are; it stays the caller's.</param>
    /// <param name="job">The job's folder in the store.</param>
    /// <param name="generation">Generation of the job's run. At least 1; files are written under it.</param>
    /// <param name="clock">Tells when snapshots begin and end; null for the system's.</param>
    public FileStateBackend(IObjectStore store, string job, long generation, TimeProvider? clock = null)
    {
        ArgumentNullException.ThrowIfNull(store);
        ArgumentOutOfRangeException.ThrowIfLessThan(generation, 1);
        ObjectName.Check(job);
        _files = new ArrowTableFiles(store, job, generation, isKept: false);
        _clock = clock ?? TimeProvider.System;
    }

    /// <summary>Bytes of all files that this backend completed.</summary>
    public long BytesWritten => _files.BytesWritten;

    /// <inheritdoc/>
    public ISubtaskState Open(SubtaskPlace place, OperatorState? restored)
    {
        ArgumentNullException.ThrowIfNull(place);
        return new SubtaskTables(_files, place, restored, _clock);
    }
}
