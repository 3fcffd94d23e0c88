namespace OrleansFlow.Decisions.Limits;

/// <summary>A queue's part of one limit that it shares with other queues: the other side of <see cref="SharedLimit"/>. No clock and no I/O inside.</summary>
/// <remarks>
/// It takes no more tasks than its allowance. From the moment in which it makes a report it keeps to what that report promises, and listens to
/// nothing that answers an earlier one: whatever is lost or held up on the way, both sides never count less than is in hand.
/// </remarks>
public sealed class LimitShare
{
    private long _sequence;
    private int _allowance;
    private int _target = int.MaxValue;
    private bool _isOpen;
    private int _limit = int.MaxValue;
    private int _wanted;
    private bool _isAnswered;

    /// <summary>Set when a task could be taken now but for this limit, or but for one that is asked for after it.</summary>
    public bool IsNeeded { get; set; }

    /// <summary>Whether the newest report told of a wish that is not fulfilled.</summary>
    public bool IsWaiting => _wanted > _allowance || !_isOpen;

    /// <summary>True when nothing is held or wanted and the other side knows it: the share may be forgotten.</summary>
    public bool IsOver => _isAnswered && _allowance == 0 && _wanted == 0;

    /// <summary>Whether one more task may be taken.</summary>
    /// <param name="inHand">Tasks of this limit that are in hand.</param>
    /// <param name="limit">The limit that the task names.</param>
    public bool MayTake(int inHand, int limit) => _isOpen && limit >= _limit && inHand < Math.Min(_allowance, _target);

    /// <summary>Whether the other side is to hear something new.</summary>
    /// <param name="inHand">Tasks of this limit that are in hand.</param>
    /// <param name="wanted">How many should be; at least as many.</param>
    /// <param name="limit">The lowest limit that one of them names.</param>
    /// <param name="isLate">True when there was time for an answer, and to do without what is not used.</param>
    public bool MustReport(int inHand, int wanted, int limit, bool isLate)
    {
        if (isLate && (!_isAnswered || wanted != _wanted || (wanted > 0 && IsWaiting) || wanted < _allowance))
        {
            return true;
        }

        var isMoreWanted = wanted > _allowance && wanted > _wanted;
        var isOtherLimit = wanted > 0 && limit != _limit;
        var isSpare = inHand < _allowance && (_target < _allowance || (_isAnswered && !_isOpen));
        return isMoreWanted || isOtherLimit || isSpare || (_sequence == 0 && wanted > 0);
    }

    /// <summary>Makes a report, and keeps to it from now on.</summary>
    /// <param name="sequence">More than that of any report of the queue before.</param>
    /// <param name="inHand">Tasks of this limit that are in hand.</param>
    /// <param name="wanted">How many should be; at least as many.</param>
    /// <param name="limit">The lowest limit that one of them names.</param>
    public ShareReport Report(long sequence, int inHand, int wanted, int limit)
    {
        // Where all parts together are too many, what is not in hand is of no use here, and keeps the others waiting.
        var most = Math.Max(inHand, _isOpen ? Math.Min(Math.Min(_allowance, _target), wanted) : 0);
        (_sequence, _allowance, _wanted, _isAnswered) = (sequence, most, wanted, false);

        // Together they hold no more than the limit that was named before, so no more than a higher one.
        _isOpen &= limit >= _limit;
        _limit = limit;
        return new ShareReport(sequence, most, wanted, limit);
    }

    /// <summary>Listens to the other side.</summary>
    /// <returns>False when it answers an earlier report, and so says nothing.</returns>
    public bool Adopt(ShareGrant grant)
    {
        if (grant.Sequence != _sequence)
        {
            return false;
        }

        // Two answers to one report may come in either order: what is allowed once stays so until the next report.
        _allowance = Math.Max(_allowance, grant.Allowance);
        _target = grant.Target;
        _isOpen |= grant.IsOpen;
        _isAnswered = true;
        return true;
    }
}
