namespace Orleans.Embedded;

/// <summary>Reads a state before its grain activates.</summary>
internal interface IGrainStateLoader
{
    Task LoadAsync();
}

/// <summary>Ends a timer with its activation.</summary>
internal interface IGrainTimerControl
{
    void Dispose();
}

/// <summary>Ends an enumeration with its activation.</summary>
internal interface IEnumerationSession
{
    void Abort();
}
