namespace OrleansFlow.Flight;

/// <summary>What became of a request to cancel a flight. Numbers are the protocol's.</summary>
public enum FlightCancelStatus
{
    /// <summary>Not said.</summary>
    Unspecified = 0,

    /// <summary>It has ended.</summary>
    Cancelled = 1,

    /// <summary>It is ending; ask again.</summary>
    Cancelling = 2,

    /// <summary>It cannot be cancelled, or has ended before.</summary>
    NotCancellable = 3,
}
