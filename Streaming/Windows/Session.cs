namespace OrleansFlow.Streaming.Windows;

/// <summary>An open session of one key.</summary>
internal struct Session
{
    /// <summary>Number of the key.</summary>
    public int Key;

    /// <summary>The key's next session; -1 for none.</summary>
    public int Next;

    /// <summary>Time of the first row, in microseconds.</summary>
    public long Start;

    /// <summary>Time of the last row and the gap, in microseconds.</summary>
    public long End;

    /// <summary>The start under which the log knows it; null when it does not.</summary>
    public long? LoggedStart;

    /// <summary>Grows each time that the place is used anew.</summary>
    public int Use;

    public bool IsOpen;

    public bool IsChanged;
}
