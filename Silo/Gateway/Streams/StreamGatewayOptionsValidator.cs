using Microsoft.Extensions.Options;
using OrleansFlow.Hosting;

namespace OrleansFlow.Silo.Gateway.Streams;

/// <summary>Checks every option and names key, value and range of each that is wrong.</summary>
internal sealed class StreamGatewayOptionsValidator : IValidateOptions<StreamGatewayOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, StreamGatewayOptions options)
    {
        const string section = StreamGatewayOptions.SectionName;
        string?[] faults =
        [
            OptionRange.Fault(section, nameof(options.RetentionBytes), options.RetentionBytes, 64L << 10, 16L << 40),
            OptionRange.Fault(section, nameof(options.RetentionTime), options.RetentionTime, TimeSpan.FromMinutes(1), TimeSpan.FromDays(3_650)),
            OptionRange.Fault(section, nameof(options.PollInterval), options.PollInterval, TimeSpan.FromMilliseconds(10), TimeSpan.FromMinutes(1)),
        ];
        return faults.Any(fault => fault is not null) ? ValidateOptionsResult.Fail(faults.OfType<string>()) : ValidateOptionsResult.Success;
    }
}
