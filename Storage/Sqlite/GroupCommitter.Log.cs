using Microsoft.Extensions.Logging;

namespace OrleansFlow.Storage.Sqlite;

internal sealed partial class GroupCommitter
{
    [LoggerMessage(EventId = 6401, Level = LogLevel.Warning, Message = "A transaction of {WriteCount} writes failed; each is tried again alone")]
    private partial void LogGroupFailed(Exception exception, int writeCount);

    [LoggerMessage(EventId = 6402, Level = LogLevel.Error, Message = "{WriteCount} write could not be kept; its grain reloads its state")]
    private partial void LogWriteFailed(Exception exception, int writeCount);
}
