using Microsoft.Extensions.Options;
using OrleansFlow.Hosting;

namespace OrleansFlow.Storage.Sqlite;

/// <summary>Checks every option and names key, value and range of each that is wrong.</summary>
internal sealed class SqliteStoreOptionsValidator : IValidateOptions<SqliteStoreOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, SqliteStoreOptions options)
    {
        string?[] faults =
        [
            string.IsNullOrWhiteSpace(options.DatabasePath) ? $"{SqliteStoreOptions.SectionName}:DatabasePath is '{options.DatabasePath}'; name the database file." : null,
            OptionRange.Fault(SqliteStoreOptions.SectionName, nameof(options.GroupWritesMax), options.GroupWritesMax, 1, 65_536),
            OptionRange.Fault(SqliteStoreOptions.SectionName, nameof(options.GroupBytesMax), options.GroupBytesMax, 64 * 1024, 1024 * 1024 * 1024),
            OptionRange.Fault(SqliteStoreOptions.SectionName, nameof(options.QueueWritesMax), options.QueueWritesMax, 1, 1_048_576),
            OptionRange.Fault(SqliteStoreOptions.SectionName, nameof(options.ReadConnectionsMax), options.ReadConnectionsMax, 1, 64),
            OptionRange.Fault(SqliteStoreOptions.SectionName, nameof(options.PagesMax), options.PagesMax, 0, 4_294_967_294),
        ];
        return faults.Any(fault => fault is not null) ? ValidateOptionsResult.Fail(faults.OfType<string>()) : ValidateOptionsResult.Success;
    }
}
