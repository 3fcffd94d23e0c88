using OrleansFlow.Protocol.Streaming.V1;

namespace OrleansFlow.Streaming.Dataflow;

/// <content>
/// When barriers overtake. Every worker of a job is told of every checkpoint and decides for its own subtasks: that some of them have overtaken and others have aligned is as well,
/// since each knows by itself which rows are before its barrier.
/// </content>
public sealed partial class StreamEngine
{
    private readonly CheckpointBarriers _barriers;
    private ITimer? _alignmentTimer;
    private long _aligning = long.MinValue;

    private void BeginAlignment(CheckpointRequest request, bool isAligned)
    {
        lock (_gate)
        {
            var overtakes = _barriers.IsUnaligned && _setup.KeepsState && !request.ThenStop && !isAligned && _isDisposed == 0;
            _aligning = overtakes ? request.Epoch : long.MinValue;
            if (!overtakes)
            {
                return;
            }

            if (_barriers.AlignmentTimeout > TimeSpan.Zero)
            {
                _alignmentTimer ??= _setup.Clock.CreateTimer(static engine => ((StreamEngine)engine!).Overtake(), this, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
                _alignmentTimer.Change(_barriers.AlignmentTimeout, Timeout.InfiniteTimeSpan);
            }
        }
    }

    private void OvertakeAtOnce()
    {
        if (_barriers.AlignmentTimeout <= TimeSpan.Zero)
        {
            Overtake();
        }
    }

    private void EndAlignment(long epoch)
    {
        lock (_gate)
        {
            _aligning = _aligning <= epoch ? long.MinValue : _aligning;
            foreach (var built in _subtasks)
            {
                built.Subtask.Inbox.EndOvertaking(epoch);
            }
        }
    }

    private void Overtake()
    {
        lock (_gate)
        {
            if (_aligning == long.MinValue)
            {
                return;
            }

            foreach (var built in _subtasks)
            {
                built.Subtask.Inbox.Overtake(_aligning);
            }
        }
    }
}
