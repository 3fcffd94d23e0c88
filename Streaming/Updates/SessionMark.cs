namespace OrleansFlow.Streaming.Updates;

/// <summary>What of the session at a place has gone out.</summary>
internal struct SessionMark
{
    /// <summary>Whether it is as it went out, but for rows that are just being added.</summary>
    public bool HasGone;

    /// <summary>Where it had gone out: its first moment, in microseconds.</summary>
    public long Start;

    /// <summary>Where it had gone out: its end, in microseconds.</summary>
    public long End;

    /// <summary>Whether it is in the queue of ends.</summary>
    public bool IsQueued;

    /// <summary>The place and 1 of the first of the results that went out and are no more true: of it, or of sessions that became part of it. 0: none.</summary>
    public int FirstGiven;

    /// <summary>Of a result that went out: the place and 1 of the next one of the same session. 0: none.</summary>
    public int NextGiven;
}
