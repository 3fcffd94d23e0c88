using OrleansFlow.Protocol.Streaming.V1;
using OrleansFlow.Streaming.State.Tables;

namespace OrleansFlow.Streaming.State;

/// <summary>
/// State in the memory of this process, with all that <see cref="IStateBackend"/> promises but durability: for tests, and for runs that need
/// not survive their process. Files live as long as the backend.
/// </summary>
/// <param name="clock">Tells when snapshots begin and end; null for the system's.</param>
public sealed class MemoryStateBackend(TimeProvider? clock = null) : IStateBackend, IDisposable
{
    private readonly MemoryTableFiles _files = new();
    private readonly TimeProvider _clock = clock ?? TimeProvider.System;

    /// <summary>Opens states that keep nothing: rows are let go at once. For runs that never take a checkpoint.</summary>
    public static IStateBackend WithoutCheckpoints { get; } = new NoStateBackend();

    /// <inheritdoc/>
    public ISubtaskState Open(SubtaskPlace place, OperatorState? restored)
    {
        ArgumentNullException.ThrowIfNull(place);
        return new SubtaskTables(_files, place, restored, _clock);
    }

    /// <summary>Lets go of all files; states that read them then fail.</summary>
    public void Dispose() => _files.Dispose();
}
