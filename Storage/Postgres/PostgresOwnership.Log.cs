using Microsoft.Extensions.Logging;

namespace OrleansFlow.Storage.Postgres;

internal sealed partial class PostgresOwnership
{
    [LoggerMessage(EventId = 6420, Level = LogLevel.Warning, Message = "The store {Store} is owned by {Owner} (owner epoch {Epoch}); this silo waits as its standby")]
    private partial void LogWaiting(string store, string owner, long epoch);

    [LoggerMessage(EventId = 6421, Level = LogLevel.Information, Message = "This silo owns the store {Store} with owner epoch {Epoch}")]
    private partial void LogTaken(string store, long epoch);

    [LoggerMessage(EventId = 6422, Level = LogLevel.Warning, Message = "Cutting off {Owner}, owner epoch {Epoch} of the store {Store}: it is silent with a transaction open")]
    private partial void LogCuttingOff(string store, string owner, long epoch);

    [LoggerMessage(EventId = 6423, Level = LogLevel.Error, Message = "Another silo took the store {Store} over; owner epoch {Epoch} is past and this silo stops")]
    private partial void LogLost(string store, long epoch);

    [LoggerMessage(EventId = 6424, Level = LogLevel.Warning, Message = "The store {Store} did not take this silo's heartbeat; a standby may take over soon")]
    private partial void LogBeatFailed(Exception exception, string store);

    [LoggerMessage(EventId = 6425, Level = LogLevel.Warning, Message = "The store {Store} was not told that this silo leaves; the next owner waits for the timeout")]
    private partial void LogNotReleased(Exception exception, string store);
}
