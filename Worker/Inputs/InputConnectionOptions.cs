namespace OrleansFlow.Worker.Inputs;

/// <summary>How to reach a database that <c>pull.cursor</c> may read.</summary>
public sealed class InputConnectionOptions
{
    /// <summary>Invariant name of the ADO.NET provider. <c>Npgsql</c> is there; the host registers others with <c>DbProviderFactories</c>.</summary>
    /// <value>Default <c>Npgsql</c>.</value>
    public string Provider { get; set; } = "Npgsql";

    /// <summary>The provider's connection string.</summary>
    /// <value>Required.</value>
    public string ConnectionString { get; set; } = "";
}
