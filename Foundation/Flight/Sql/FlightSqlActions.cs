namespace OrleansFlow.Flight.Sql;

/// <summary>Names of the actions that Flight and Flight SQL define.</summary>
public static class FlightSqlActions
{
    /// <summary>Makes a prepared statement.</summary>
    public const string CreatePreparedStatement = "CreatePreparedStatement";

    /// <summary>Ends a prepared statement.</summary>
    public const string ClosePreparedStatement = "ClosePreparedStatement";

    /// <summary>Makes a prepared statement of a Substrait plan.</summary>
    public const string CreatePreparedSubstraitPlan = "CreatePreparedSubstraitPlan";

    /// <summary>Begins a transaction.</summary>
    public const string BeginTransaction = "BeginTransaction";

    /// <summary>Ends a transaction.</summary>
    public const string EndTransaction = "EndTransaction";

    /// <summary>Begins a savepoint.</summary>
    public const string BeginSavepoint = "BeginSavepoint";

    /// <summary>Ends a savepoint.</summary>
    public const string EndSavepoint = "EndSavepoint";

    /// <summary>Stops what a FlightInfo stands for.</summary>
    public const string CancelFlightInfo = "CancelFlightInfo";

    /// <summary>Stops a query; older than <see cref="CancelFlightInfo"/>.</summary>
    public const string CancelQuery = "CancelQuery";

    /// <summary>Makes an endpoint last longer.</summary>
    public const string RenewFlightEndpoint = "RenewFlightEndpoint";
}
