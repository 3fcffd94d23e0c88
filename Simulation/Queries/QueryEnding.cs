namespace OrleansFlow.Simulation.Queries;

/// <summary>How a query is to end.</summary>
internal enum QueryEnding
{
    /// <summary>All its rows are read.</summary>
    Complete = 0,

    /// <summary>Somebody cancels it by its id.</summary>
    Cancel = 1,

    /// <summary>Its client goes away.</summary>
    Leave = 2,

    /// <summary>Its client has all that it wants after some rows.</summary>
    Limit = 3,

    /// <summary>Its time is over.</summary>
    Deadline = 4,
}
