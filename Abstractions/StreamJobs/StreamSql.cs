namespace OrleansFlow.StreamJobs;

/// <summary>What lambdas of a <see cref="StreamJob"/> may say besides C#.</summary>
public static class StreamSql
{
    /// <summary>A function of SQL by its name, for example <c>StreamSql.Call&lt;string&gt;("md5", r.Name)</c>.</summary>
    /// <typeparam name="T">What it gives.</typeparam>
    /// <param name="function">Its name: letters, digits and underscores.</param>
    /// <param name="arguments">What it is given.</param>
    /// <exception cref="InvalidOperationException">It is called outside a lambda of a job.</exception>
    public static T Call<T>(string function, params object?[] arguments) =>
        throw new InvalidOperationException($"The function '{function}' of SQL runs in a streaming job; here it can only be named in a lambda of one.");
}
