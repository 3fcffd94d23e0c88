namespace OrleansFlow.Decisions.Variables;

/// <summary>Checks paths of variables.</summary>
internal static class VariablePath
{
    /// <summary>The names of <paramref name="path"/>, or why it is none.</summary>
    /// <param name="path">Names joined by dots.</param>
    /// <param name="segmentsMax">Most names.</param>
    public static (string[] Segments, string? Problem) Split(string path, int segmentsMax)
    {
        var segments = path.Split('.');
        return (segments, ProblemOf(path, segments, segmentsMax));
    }

    private static string? ProblemOf(string path, string[] segments, int segmentsMax)
    {
        if (path.Length > VariableLimits.PathCharsMax)
        {
            return $"the path '{path[..40]}...' has {path.Length} characters; at most {VariableLimits.PathCharsMax} are allowed.";
        }

        if (segments.Length > segmentsMax)
        {
            return $"the path '{Shown(path)}' has {segments.Length} names; at most {segmentsMax} are allowed.";
        }

        foreach (var segment in segments)
        {
            if (segment.Length == 0)
            {
                return $"the path '{Shown(path)}' has an empty name; write names joined by single dots.";
            }

            if (segment.Length > VariableLimits.SegmentCharsMax)
            {
                return $"the name '{Shown(segment)}' has {segment.Length} characters; at most {VariableLimits.SegmentCharsMax} are allowed.";
            }

            if (segment[0] == '$' || segment.Contains('\0', StringComparison.Ordinal))
            {
                return $"the name '{Shown(segment)}' begins with '$' or holds a NUL character; use another.";
            }
        }

        return null;
    }

    private static string Shown(string text) => text.Length > 40 ? $"{text[..40]}..." : text;
}
