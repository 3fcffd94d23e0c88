using Microsoft.Extensions.Options;
using OrleansFlow.Hosting;
using OrleansFlow.Streaming.Udfs;

namespace OrleansFlow.Worker.Jobs;

/// <summary>Checks every option at start and names each that is wrong: key, value, range.</summary>
internal sealed class UserFunctionOptionsValidator : IValidateOptions<UserFunctionOptions>
{
    public ValidateOptionsResult Validate(string? name, UserFunctionOptions options)
    {
        const string Section = UserFunctionOptions.SectionName;
        string?[] faults =
        [
            Enum.IsDefined(options.CSharp) ? null : $"{Section}:{nameof(options.CSharp)} is {options.CSharp}; use Off, Restricted or Trusted.",
            OptionRange.Fault(Section, nameof(options.StepsMax), options.StepsMax, 1_000, 1_000_000_000_000),
            OptionRange.Fault(Section, nameof(options.ContentBytesMax), options.ContentBytesMax, 1_024, 256 * 1024 * 1024),
            OptionRange.Fault(Section, nameof(options.KeptBytes), options.KeptBytes, 0, 16L * 1024 * 1024 * 1024),
            string.IsNullOrWhiteSpace(options.PythonPath) ? $"{Section}:{nameof(options.PythonPath)} is empty; name a program such as python3." : null,
            OptionRange.Fault(Section, nameof(options.PythonProcessesMax), options.PythonProcessesMax, 1, 64),
            OptionRange.Fault(Section, nameof(options.PythonTimeout), options.PythonTimeout, TimeSpan.FromMilliseconds(100), TimeSpan.FromHours(1)),
            OptionRange.Fault(Section, nameof(options.PythonRestartsMax), options.PythonRestartsMax, 0, 1_000),
        ];
        return faults.Any(fault => fault is not null) ? ValidateOptionsResult.Fail(faults.OfType<string>()) : ValidateOptionsResult.Success;
    }
}
