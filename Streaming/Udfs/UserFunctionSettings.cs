namespace OrleansFlow.Streaming.Udfs;

/// <summary>What code of users a process runs, and with which bounds.</summary>
public sealed record UserFunctionSettings
{
    /// <summary>None at all: what a worker has that says nothing else.</summary>
    public static UserFunctionSettings None { get; } = new();

    /// <summary>Every language, C# source under its policy: for whoever starts a process for code of his own.</summary>
    public static UserFunctionSettings Local { get; } = new() { CSharp = UserCodeAccess.Restricted, AllowsAssemblies = true, AllowsPython = true };

    /// <summary>Whether C# source is compiled, and what it may touch. Default <see cref="UserCodeAccess.Off"/>.</summary>
    public UserCodeAccess CSharp { get; init; }

    /// <summary>Whether assemblies are loaded; nothing limits what they touch. Default false.</summary>
    public bool AllowsAssemblies { get; init; }

    /// <summary>Whether Python runs, in processes with the rights of this one. Default false.</summary>
    public bool AllowsPython { get; init; }

    /// <summary>Steps (turns of loops, calls) that C# source under the policy may take for one row. Default 10 000 000. At least 1.</summary>
    public long StepsMax { get; init; } = 10_000_000;

    /// <summary>Bytes of the content of a function. Default 4 MiB. At least 1.</summary>
    public int ContentBytesMax { get; init; } = 4 * 1024 * 1024;

    /// <summary>The program that runs Python. Default <c>python3</c>.</summary>
    public string PythonPath { get; init; } = "python3";

    /// <summary>Processes of Python for one job. More: more rows at a time, more memory. Default 2. At least 1.</summary>
    public int PythonProcessesMax { get; init; } = 2;

    /// <summary>How long Python may take to start, and for a batch of up to 2 048 rows; then its process is killed. Default 30 s. Positive.</summary>
    public TimeSpan PythonTimeout { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Processes of Python that may end in a row, without a batch between them, before the job fails. Default 3. At least 0.</summary>
    public int PythonRestartsMax { get; init; } = 3;
}

/// <summary>What C# source may touch.</summary>
public enum UserCodeAccess
{
    /// <summary>It is not compiled.</summary>
    Off = 0,

    /// <summary>Values, collections and texts: no files, network, processes, threads, reflection, unsafe code, and a number of steps.</summary>
    Restricted = 1,

    /// <summary>Everything that this process may.</summary>
    Trusted = 2,
}
