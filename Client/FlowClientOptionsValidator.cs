using Microsoft.Extensions.Options;
using OrleansFlow.Hosting;

namespace OrleansFlow.Client;

/// <summary>Checks every option and names key, value and range of each that is wrong.</summary>
internal sealed class FlowClientOptionsValidator : IValidateOptions<FlowClientOptions>
{
    /// <inheritdoc/>
    public ValidateOptionsResult Validate(string? name, FlowClientOptions options)
    {
        string?[] faults =
        [
            OptionRange.Fault(FlowClientOptions.SectionName, nameof(options.CallTimeout), options.CallTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
        ];
        return faults.Any(fault => fault is not null) ? ValidateOptionsResult.Fail(faults.OfType<string>()) : ValidateOptionsResult.Success;
    }
}
