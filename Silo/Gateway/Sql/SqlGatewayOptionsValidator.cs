using System.Globalization;
using Microsoft.Extensions.Options;
using OrleansFlow.Hosting;

namespace OrleansFlow.Silo.Gateway.Sql;

/// <summary>Checks every option and names key, value and range of each that is wrong.</summary>
internal sealed class SqlGatewayOptionsValidator : IValidateOptions<SqlGatewayOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, SqlGatewayOptions options)
    {
        const string section = SqlGatewayOptions.SectionName;
        string?[] faults =
        [
            OptionRange.Fault(section, nameof(options.SessionsMax), options.SessionsMax, 1, 256),
            OptionRange.Fault(section, nameof(options.SessionWait), options.SessionWait, TimeSpan.Zero, TimeSpan.FromHours(1)),
            OptionRange.Fault(section, nameof(options.MemoryLimitBytes), options.MemoryLimitBytes, 64L << 20, 1L << 40),
            OptionRange.Fault(section, nameof(options.ThreadCount), options.ThreadCount, 1, 1_024),
            OptionRange.Fault(section, nameof(options.TimeLimit), options.TimeLimit, TimeSpan.FromMilliseconds(100), TimeSpan.FromDays(1)),
            OptionRange.Fault(section, nameof(options.PreparedMax), options.PreparedMax, 1, 100_000),
            OptionRange.Fault(section, nameof(options.ParameterBytesMax), options.ParameterBytesMax, 1_024, 16 << 20),
            OptionRange.Fault(section, nameof(options.SweepInterval), options.SweepInterval, TimeSpan.FromSeconds(1), TimeSpan.FromDays(1)),
            OptionRange.Fault(section, nameof(options.FileGrace), options.FileGrace, TimeSpan.Zero, TimeSpan.FromDays(30)),
            .. options.DataFolders.Select((folder, index) => Path.IsPathFullyQualified(folder)
                ? null
                : string.Create(CultureInfo.InvariantCulture, $"{section}:{nameof(options.DataFolders)}:{index} is '{folder}'; use an absolute path.")),
        ];
        return faults.Any(fault => fault is not null) ? ValidateOptionsResult.Fail(faults.OfType<string>()) : ValidateOptionsResult.Success;
    }
}
