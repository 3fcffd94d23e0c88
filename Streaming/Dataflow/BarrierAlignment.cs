namespace OrleansFlow.Streaming.Dataflow;

/// <summary>What a barrier meant to a <see cref="BarrierAlignment"/>.</summary>
public enum AlignmentStep
{
    /// <summary>It belongs to a checkpoint that is over.</summary>
    Ignored = 0,

    /// <summary>It is the first of several; its input is not read until the others have delivered theirs.</summary>
    Started = 1,

    /// <summary>More are awaited.</summary>
    Waiting = 2,

    /// <summary>Every input has delivered it: the checkpoint can be taken.</summary>
    Complete = 3,
}

/// <summary>
/// Brings the barriers of several inputs to one line: an input that has delivered the barrier of an epoch is not read until all others
/// have, so that no row from behind the line gets into the checkpoint.
/// </summary>
/// <remarks>
/// A barrier of a newer epoch gives the older one up: its inputs are read again, since the coordinator begins an epoch only after the one
/// before is done or aborted. An input that ended takes no further part. Not thread-safe. O(inputs) a barrier.
/// Model: Carbone et al., "Lightweight Asynchronous Snapshots for Distributed Dataflows", arXiv:1506.08603, 2015.
/// </remarks>
public sealed class BarrierAlignment
{
    private readonly bool[] _isBlocked;
    private readonly bool[] _isEnded;

    /// <summary>Makes an alignment in which nothing is under way.</summary>
    /// <param name="inputCount">At least 1.</param>
    public BarrierAlignment(int inputCount)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(inputCount, 1);
        _isBlocked = new bool[inputCount];
        _isEnded = new bool[inputCount];
    }

    /// <summary>The barrier that is awaited of more inputs; null for none.</summary>
    public CheckpointBarrier? Pending { get; private set; }

    /// <summary>The newest epoch that is complete or given up; barriers up to it are ignored. At first the smallest long.</summary>
    public long LastEpoch { get; private set; } = long.MinValue;

    /// <summary>Whether an input must not be read.</summary>
    public bool IsBlocked(int input) => _isBlocked[input];

    /// <summary>Takes the barrier of an input.</summary>
    /// <param name="input">Which input; one that is neither blocked nor ended.</param>
    /// <param name="barrier">What it delivered.</param>
    public AlignmentStep OnBarrier(int input, CheckpointBarrier barrier)
    {
        ArgumentNullException.ThrowIfNull(barrier);
        if (barrier.Epoch <= LastEpoch || barrier.Epoch < Pending?.Epoch)
        {
            return AlignmentStep.Ignored;
        }

        var isFirst = barrier.Epoch != Pending?.Epoch;
        if (isFirst)
        {
            Array.Clear(_isBlocked);
            LastEpoch = Pending?.Epoch ?? LastEpoch;
            Pending = barrier;
        }

        _isBlocked[input] = true;
        return TryComplete() ? AlignmentStep.Complete : isFirst ? AlignmentStep.Started : AlignmentStep.Waiting;
    }

    /// <summary>An input ended; no barrier comes from it any more.</summary>
    /// <returns>The barrier that is complete now, since no other input was awaited; null for none.</returns>
    public CheckpointBarrier? OnEnded(int input)
    {
        _isEnded[input] = true;
        var pending = Pending;
        return pending is not null && TryComplete() ? pending : null;
    }

    /// <summary>Gives up an epoch and those before it: blocked inputs are read again, and barriers still to come are ignored.</summary>
    /// <returns>Whether it was under way.</returns>
    public bool Abort(long epoch)
    {
        LastEpoch = Math.Max(LastEpoch, epoch);
        if (Pending is null || Pending.Epoch > epoch)
        {
            return false;
        }

        Array.Clear(_isBlocked);
        Pending = null;
        return true;
    }

    private bool TryComplete()
    {
        for (var i = 0; i < _isBlocked.Length; i++)
        {
            if (!_isBlocked[i] && !_isEnded[i])
            {
                return false;
            }
        }

        LastEpoch = Pending!.Epoch;
        Pending = null;
        Array.Clear(_isBlocked);
        return true;
    }
}
