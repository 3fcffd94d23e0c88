using System.Text.Json;

namespace OrleansFlow.Variables;

/// <summary>Says which values of run variables look like secrets. Register another one to replace the built-in rule.</summary>
public interface ISensitiveValueDetector
{
    /// <summary>Whether a value must not be kept, or must at least be counted. Called for each text that is written; must not block.</summary>
    /// <param name="path">Where it is written: names joined by dots.</param>
    /// <param name="value">A text, number, truth value or list.</param>
    bool IsSensitive(string path, JsonElement value);
}
